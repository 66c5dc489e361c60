/** The student's code cannot be run: a file is missing, or imports something it may not. The message is for the student. */
export class WorkspaceError extends Error {
  override readonly name = "WorkspaceError";
}
