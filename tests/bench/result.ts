/** One measurement: a number, what it is compared with, and its target. */
export interface Result {
  what: string;
  value: number;
  unit: string;
  /** The value it is compared with, measured in the same run. */
  beside?: { what: string; value: number };
  ratio?: number;
  aim: string;
}
