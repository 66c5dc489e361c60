/** The hidden checks of lab 11, in the groups of the public ones. */
import { suite } from "../../tools/harness/suite.ts";
import { answerGroup } from "./hidden/answer.ts";
import { bodyGroup, chunkGroup, headerGroup, hostGroup, persistsGroup, requestGroup } from "./hidden/lines.ts";
import { live } from "./hidden/live.ts";
import { limitsGroup, readerGroup, timeGroup } from "./hidden/reader.ts";
import { serverGroup } from "./hidden/server.ts";

export default suite({
  lab: 11,
  visibility: "hidden",
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
    answer: answerGroup,
    server: serverGroup,
    live,
  },
});
