/** The longest title and description that the service takes, in characters. */
const MAX_TITLE_LENGTH = 200;
const MAX_DESCRIPTION_LENGTH = 1000;

function lengthError(text: string, longest: number): string {
  // Code points, as the service counts them.
  const length = [...text].length;
  return length > longest ? `At most ${longest} characters; this has ${length}` : "";
}

/** What is wrong with a title; an empty text if nothing is. */
export function titleError(title: string): string {
  return title.trim() ? lengthError(title.trim(), MAX_TITLE_LENGTH) : "Say what is to be done";
}

/** What is wrong with a description; an empty text if nothing is. */
export function descriptionError(description: string): string {
  return lengthError(description, MAX_DESCRIPTION_LENGTH);
}
