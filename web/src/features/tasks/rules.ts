/** Maximum lengths that the service accepts, in characters. */
const MAX_TITLE_LENGTH = 200;
const MAX_DESCRIPTION_LENGTH = 1000;

function lengthError(text: string, longest: number): string {
  // Code points, as the service counts them.
  const length = [...text].length;
  return length > longest ? `Use at most ${longest} characters (now ${length})` : "";
}

/** Returns the error of a title, or an empty string. */
export function titleError(title: string): string {
  return title.trim() ? lengthError(title.trim(), MAX_TITLE_LENGTH) : "Enter a title";
}

/** Returns the error of a description, or an empty string. */
export function descriptionError(description: string): string {
  return lengthError(description, MAX_DESCRIPTION_LENGTH);
}
