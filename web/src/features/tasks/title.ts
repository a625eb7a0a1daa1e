/** The longest title and description that the service takes, in characters. */
export const LONGEST_TITLE = 200;
export const LONGEST_DESCRIPTION = 1000;

/** What is wrong with a title; an empty text if nothing is. */
export function titleMistake(title: string): string {
  if (!title.trim()) {
    return "Say what is to be done";
  }
  return [...title].length > LONGEST_TITLE ? `At most ${LONGEST_TITLE} characters` : "";
}
