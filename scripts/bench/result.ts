/** One measured thing: a number, what it is compared with, and what we aim at. */
export interface Result {
  what: string;
  value: number;
  unit: string;
  /** What the value is held against, measured in the same run. */
  beside?: { what: string; value: number };
  ratio?: number;
  aim: string;
}
