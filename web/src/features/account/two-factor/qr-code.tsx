import { encodeQR } from "qr";

/** Modules around the symbol, which scanners need to find it (ISO/IEC 18004). */
const QUIET_ZONE = 4;

/** The dark modules as the outline of an SVG path, one rectangle for each run of a row. */
function outline(rows: boolean[][]): string {
  const runs = rows.map((row, y) =>
    row
      .map((dark, x) => {
        if (!dark || row[x - 1]) {
          return "";
        }
        const end = row.indexOf(false, x);
        const width = (end < 0 ? row.length : end) - x;
        return `M${x} ${y}h${width}v1h-${width}z`;
      })
      .join(""),
  );
  return runs.join("");
}

/** A QR code. Dark on light in both themes, because not every app reads an inverted one. */
export default function QrCode({ text, label }: { text: string; label: string }) {
  const rows = encodeQR(text, "raw", { border: QUIET_ZONE });
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${rows.length} ${rows.length}`}
      shapeRendering="crispEdges"
      className="size-52 rounded-lg border border-line forced-color-adjust-none"
    >
      <path fill="#fff" d={`M0 0h${rows.length}v${rows.length}H0z`} />
      <path fill="#000" d={outline(rows)} />
    </svg>
  );
}
