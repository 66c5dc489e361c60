/** Placeholder of the table. */
export interface Connection {
  readonly deadline: number;
}
