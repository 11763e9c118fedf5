import { parseDocument, visit } from "yaml";

/**
 * Detects values that changed because they have no quotes in the stack's file. Pulumi reads the file with Go's yaml.v3:
 * 0755 without quotes is the number 493. Pulumi passes 493, and `pulumi config set` of any key writes 493 back.
 */

/** A value that differs from its text in the stack's file. */
export class Unquoted {
  /** Its text in the file: `0755`. */
  readonly written: string;
  /** The value that Pulumi passed: 493. */
  readonly read: unknown;

  constructor(written: string, read: unknown) {
    this.written = written;
    this.read = read;
  }
}

/** https://github.com/go-yaml/yaml/blob/v3.0.1/resolve.go */
const FLOAT = /^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/;
const BASED = /^([-+]?)(0x[\da-f]+|0o[0-7]+|0b[01]+)$/i;
const OCTAL = /^(?<sign>[-+]?)0(?=[0-7]+$)/;
const MOMENT = /^\d{4}-\d{1,2}-\d{1,2}([Tt\s].*)?$/;
const INFINITE = /^([-+]?\.inf|\.nan)$/i;
/** How Go prints a moment: `2026-08-17 00:00:00 +0000 UTC`. */
const PRINTED_MOMENT = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? [+-]\d{4} \S+$/;

/** The number that YAML reads from an unquoted scalar; undefined if it is not a number. */
function numberOf(plain: string): number | undefined {
  const digits = plain.replaceAll("_", "").replace(OCTAL, "$<sign>0o");
  const [, sign, based] = BASED.exec(digits) ?? [];
  if (based !== undefined) return Number(`${sign}1`) * Number(based);
  return FLOAT.test(digits) ? Number(digits) : undefined;
}

/** Whether Pulumi changes the text of an unquoted scalar, because YAML reads it as a number or a timestamp. */
export function losesItsText(plain: string): boolean {
  if (MOMENT.test(plain) || INFINITE.test(plain)) return true;
  const number = numberOf(plain);
  if (number === undefined) return false;
  // Go keeps 64-bit integers exact, and prints floats from a million up as 1.2e+06.
  if (/^(0|-?[1-9]\d*)$/.test(plain)) return BigInt.asIntN(64, BigInt(plain)) !== BigInt(plain);
  return String(number) !== plain || Math.abs(number) >= 1e6 || Math.abs(number) < 1e-4;
}

/** Whether a value is the changed form of this unquoted scalar. A value from another file (`--config-file`) is not. */
function isMisread(plain: string, value: unknown): boolean {
  if (value === plain) return false;
  if (/^(True|TRUE|False|FALSE)$/.test(plain)) return String(value) === plain.toLowerCase();
  if (!losesItsText(plain)) return false;
  if (MOMENT.test(plain)) return PRINTED_MOMENT.test(String(value));
  return value !== "" && Number(value) === numberOf(plain);
}

/**
 * The config with each value as written in the stack's file, or as `Unquoted` if Pulumi changed it.
 * @param config values from Pulumi, by setting.
 * @param file text of the stack's file.
 */
export function asWritten(project: string, config: Record<string, unknown>, file: string): Record<string, unknown> {
  const given = plainScalars(file);
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key, written(value, given[`${project}:${key}`])]),
  );
}

/** An unquoted scalar. */
class Plain {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** The config of a stack's file, with every unquoted scalar as `Plain`. */
function plainScalars(file: string): Record<string, unknown> {
  const document = parseDocument(file, { schema: "failsafe", merge: true, logLevel: "silent" });
  if (document.errors.length > 0) return {};
  visit(document, {
    Scalar(key, scalar) {
      if (key !== "key" && scalar.type === "PLAIN") scalar.value = new Plain(String(scalar.value));
    },
  });
  const content: unknown = document.toJS();
  return isRecord(content) && isRecord(content.config) ? content.config : {};
}

function written(value: unknown, source: unknown): unknown {
  if (typeof value === "object" && isOneText(source)) return withNumbersAsTexts(value);
  if (isRecord(source) && isRecord(value))
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, written(part, source[key])]));
  if (Array.isArray(source) && Array.isArray(value)) return value.map((part, index) => written(part, source[index]));
  if (!(source instanceof Plain) || value === null || typeof value === "object") return value;
  if (isMisread(source.text, value)) return new Unquoted(source.text, value);
  return String(value) === source.text ? source.text : value;
}

/** Whether the user wrote a list or an object as one JSON text, plain or encrypted: Pulumi passes that unchanged. */
const isOneText = (source: unknown) => typeof source === "string" || (isRecord(source) && "secure" in source);

const withNumbersAsTexts = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_key, part) => (typeof part === "number" ? String(part) : part));

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
