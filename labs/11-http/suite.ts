/**
 * The public checks of lab 11, sorted into groups by what they are about: the lines (request, header, host), where a request ends (body, persists, chunk), the
 * reader (reader, limits, time, status), the answer; then a server with all of it (server), and the same with the kernel's clients (live).
 */
import { suite } from "../../tools/harness/suite.ts";
import { answerGroup } from "./checks/answer.ts";
import { bodyGroup, chunkGroup, persistsGroup } from "./checks/body.ts";
import { limitsGroup, statusGroup, timeGroup } from "./checks/limits.ts";
import { headerGroup, hostGroup, requestGroup } from "./checks/lines.ts";
import { live } from "./checks/live.ts";
import { readerGroup } from "./checks/reader.ts";
import { serverGroup } from "./checks/server.ts";

export default suite({
  lab: 11,
  visibility: "public",
  groups: {
    request: requestGroup,
    header: headerGroup,
    host: hostGroup,
    body: bodyGroup,
    persists: persistsGroup,
    chunk: chunkGroup,
    reader: readerGroup,
    limits: limitsGroup,
    time: timeGroup,
    status: statusGroup,
    answer: answerGroup,
    server: serverGroup,
    live,
  },
});
