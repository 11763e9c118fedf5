/** The TXT records of a zone at Cloudflare: written through the API, read through DNS. */
export interface TxtRecord {
  id: string;
  /** Without a trailing dot. */
  name: string;
  content: string;
}

export class Zone {
  readonly name: string;
  readonly id = "0123456789abcdef0123456789abcdef";
  readonly records: TxtRecord[] = [];
  /** Whether the token has been revoked. */
  closed = false;

  constructor(name: string) {
    this.name = name;
  }

  holds(name: string): boolean {
    return name === this.name || name.endsWith(`.${this.name}`);
  }

  textsAt(name: string): string[] {
    return this.records.filter((record) => record.name === name).map(({ content }) => content);
  }
}
