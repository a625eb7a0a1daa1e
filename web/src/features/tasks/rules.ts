/** The longest title and description that the service takes, in characters. */
const LONGEST_TITLE = 200;
const LONGEST_DESCRIPTION = 1000;

function lengthMistake(text: string, longest: number): string {
  // Code points, as the service counts them.
  const length = [...text].length;
  return length > longest ? `At most ${longest} characters; this has ${length}` : "";
}

/** What is wrong with a title; an empty text if nothing is. */
export function titleMistake(title: string): string {
  return title.trim() ? lengthMistake(title.trim(), LONGEST_TITLE) : "Say what is to be done";
}

/** What is wrong with a description; an empty text if nothing is. */
export function descriptionMistake(description: string): string {
  return lengthMistake(description, LONGEST_DESCRIPTION);
}
