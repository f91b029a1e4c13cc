import type { StreamableFile } from '@nestjs/common';

// What a route returns that writes its answer itself: the types tell tools/dev/generate-answers.mjs what it writes.

/** The answer is lines of JSON, each a `Line`. */
export type JsonLines<_Line> = StreamableFile | void;

/** The answer is server-sent events; `Events` says by the name of an event what its data are. */
export type ServerSentEvents<_Events> = void;

/** The answer is bytes of a media type. */
export type Bytes<_MediaType extends string> = void;
