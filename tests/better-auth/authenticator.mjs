// An authenticator app: computes the codes of a TOTP URI (RFC 6238, with SHA-1).

import { createHmac } from "node:crypto";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/** How long a step must still last for `steadyCode`. */
const STEADY = 5_000;
const BETWEEN_LOOKS = 100;

export class Authenticator {
  #key;
  #digits;
  #period;
  #used = 0;

  constructor(uri) {
    const parameters = new URL(uri).searchParams;
    this.#key = decoded(parameters.get("secret"));
    this.#digits = Number(parameters.get("digits") ?? 6);
    this.#period = Number(parameters.get("period") ?? 30) * 1000;
  }

  /**
   * A code that has not been used: of the current time step, or else of the next, which servers accept too. A third code
   * within one step is accepted only in the next step, so this waits for it.
   */
  async next() {
    const step = Math.max(this.#used + 1, this.#now());
    await until(() => this.#now() >= step - 1, this.#period);
    this.#used = step;
    return this.#codeOf(step);
  }

  /** The code that `next` returned last. */
  last() {
    return this.#codeOf(this.#used);
  }

  /** The code of an earlier or a later time step. The current step does not end within the next seconds. */
  async steadyCode(distance) {
    await until(() => this.#period - (Date.now() % this.#period) > STEADY, this.#period);
    return this.#codeOf(this.#now() + distance);
  }

  /** A code that is not valid. */
  wrong() {
    const valid = [-2, -1, 0, 1, 2, 3].map((distance) => this.#codeOf(this.#now() + distance));
    return ["123456", "234567", "345678", "456789", "567890", "678901", "789012"].find((code) => !valid.includes(code));
  }

  #now() {
    return Math.floor(Date.now() / this.#period);
  }

  #codeOf(step) {
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(step));
    const digest = createHmac("sha1", this.#key).update(counter).digest();
    const number = digest.readUInt32BE(digest.at(-1) & 15) & 0x7fffffff;
    return String(number % 10 ** this.#digits).padStart(this.#digits, "0");
  }
}

/** Base32 without padding (RFC 4648). */
function decoded(text) {
  const bits = [...text].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

async function until(isSo, patience) {
  const deadline = Date.now() + patience;
  while (!isSo() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, BETWEEN_LOOKS));
}
