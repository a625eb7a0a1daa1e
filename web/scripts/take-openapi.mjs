// Copies the task service's OpenAPI document from its reviewed snapshot, so that the typed client matches the service.
// `npm run openapi` runs this script and regenerates the types.
import { readFile, writeFile } from "node:fs/promises";

const SNAPSHOT = new URL(
  "../../task-service/tests/snapshots/main__document__the_document_is_as_reviewed.snap",
  import.meta.url,
);
const DOCUMENT = new URL("../openapi/tasks.json", import.meta.url);

const snapshot = await readFile(SNAPSHOT, "utf8");
// A snapshot is a header between two `---` lines, then the document.
const body = snapshot.split(/^---$/m).slice(2).join("---");
await writeFile(DOCUMENT, `${JSON.stringify(JSON.parse(body), null, 2)}\n`);
