/**
 * What this platform promises to the clients of the Perso contract, one testable sentence each. Tests say which they
 * keep in a line `// keeps: id, id` above them, and `scripts/promises.test.ts` fails when a promise is kept by none.
 * `perso-` is a promise of the server, `sdk-` one of the browser and server SDK; the number is the section of the
 * contract.
 */

export interface ContractPromise {
  readonly id: string;
  /** Section of the contract, such as `4.2.1`. */
  readonly section: string;
  readonly sentence: string;
}

function promise(id: string, sentence: string): ContractPromise {
  return { id, section: id.split('-')[1] ?? '', sentence };
}

export const promises: readonly ContractPromise[] = [
  // Addresses, keys, identifiers
  promise('perso-1-key-header', 'A call with the key in PersoLive-APIKey is answered.'),
  promise('perso-1-key-alias', 'The key is taken from PersoPlatform-APIKey as well.'),
  promise('perso-1-prompt-id', 'Ids of prompts are plp- and 32 hexadecimal digits.'),
  promise('perso-1-document-id', 'Ids of documents are pld- and 32 hexadecimal digits.'),
  promise('perso-1-background-id', 'Ids of background images begin with pbi-.'),
  promise(
    'perso-1-path-safe-ids',
    'Ids of sessions, templates, tool servers and rule sets need no escaping in a path.',
  ),
  promise(
    'perso-1-slashes',
    'Every path is answered with and without its last slash, and never by a redirect.',
  ),
  promise('perso-1-double-slash', 'Paths that begin with two slashes are those with one.'),
  promise('perso-1.1-headers', 'Success, error and stream carry the headers that let any page read them.'),
  promise(
    'perso-1.1-preflight',
    'OPTIONS on any path is answered without a key and allows the key headers, GET and POST.',
  ),
  promise('perso-1.2-json-success', 'Every success has a JSON body, that of an event too.'),
  promise('perso-1.2-json-errors', 'Every error has a JSON body with at least one entry in errors.'),
  promise('perso-1.2-bare-lists', 'Lists are bare JSON arrays.'),
  promise('perso-1.2-unknown-fields', 'Fields of a request that nobody knows are ignored.'),
  promise('perso-1.2-timestamps', 'Times are ISO 8601 in UTC with milliseconds and Z.'),
  promise(
    'perso-1.3-body',
    'An error tells its type, and of each problem code, detail and the field or null.',
  ),
  promise(
    'perso-1.3-top-level',
    'code and detail of the first problem stand at the top of the body as well.',
  ),
  promise(
    'perso-1.3-does-not-exist',
    'A name or id that does not exist is 400 does_not_exist with the field.',
  ),
  promise(
    'perso-1.3-not-in-organization',
    'What belongs to others is 400 not_in_organization with the field.',
  ),
  promise(
    'perso-1.3-feature',
    'A type that the organization lacks is 400 invalid, and the detail ends in "not found".',
  ),
  promise(
    'perso-1.3-platform-type',
    'No session is refused for its style: each one that is listed can be shown by WebRTC.',
  ),
  promise(
    'perso-1.3-validation',
    'Wrong fields are 400 with required, blank, invalid, invalid_choice, max_length, max_value or min_value.',
  ),
  promise('perso-1.3-prompt-capability', 'Video without a prompt is 400 invalid, and the detail names both.'),
  promise('perso-1.3-no-key', 'A missing key is 401 not_authenticated.'),
  promise('perso-1.3-wrong-key', 'A wrong key is 401 authentication_failed.'),
  promise('perso-1.3-not-found', 'Unknown sessions, templates, rule sets and paths are 404 not_found.'),
  promise('perso-1.3-method', 'A path with another method is 405 method_not_allowed.'),
  promise(
    'perso-1.3-session-state',
    'A call on an ended session, or in the wrong phase, is 400 with its own code.',
  ),
  promise('perso-1.3-too-large', 'Bodies and audio over the limit are 413 payload_too_large.'),
  promise('perso-1.3-media-type', 'A body of the wrong content type is 415 unsupported_media_type.'),
  promise('perso-1.3-throttled', 'A used-up rate or quota is 429 throttled.'),
  promise('perso-1.3-server-fault', 'A fault of the server is 500 error and shows nothing of the inside.'),

  // Entities
  promise(
    'perso-2.10-names',
    'The capabilities are LLM, TTS, STT, STF_ONPREMISE and STF_WEBRTC; others are refused.',
  ),
  promise('perso-2.10-strings', 'Creation takes and answers capabilities as strings.'),
  promise(
    'perso-2.10-objects',
    'Settings, templates and session info show capabilities as objects with a name.',
  ),
  promise('perso-2.10-exclusive', 'STF_WEBRTC and STF_ONPREMISE together are refused.'),
  promise(
    'perso-2.10-needs-prompt',
    'STF_WEBRTC needs a prompt and a model style, STF_ONPREMISE a model style.',
  ),
  promise(
    'perso-2.10-lenient',
    'STF_WEBRTC without a language model or a voice is accepted and shows video.',
  ),
  promise('perso-2.10-combination', 'STF_WEBRTC is accepted next to LLM, TTS and STT.'),
  promise('perso-2.10-missing', 'llm, tts and stt of a session without that capability are 400.'),
  promise('perso-2.10-empty', 'An empty list of capabilities makes a session without video.'),
  promise(
    'perso-2.11-shape',
    'A template tells prompt, capabilities, types, style, picture, placement and all else by its documented names.',
  ),
  promise(
    'perso-2.11-not-null',
    'Prompt, style, and the type of each capability of a template are never null.',
  ),
  promise(
    'perso-2.12-info',
    'Session info has every documented field, with null for what the session has not.',
  ),
  promise('perso-2.12-sdp', 'client_sdp and server_sdp are null before the exchange and texts after it.'),
  promise(
    'perso-2.12-created',
    'Creation answers the id, the time, CREATED and each input, with null for what was not given.',
  ),
  promise('perso-2.12-extra-data', 'extra_data comes back as the JSON that was given.'),
  promise('perso-2.13-created', 'A new session is CREATED.'),
  promise('perso-2.13-exchanged', 'A successful exchange makes it EXCHANGED.'),
  promise('perso-2.13-connected', 'It is IN_PROGRESS once the command channel is open.'),
  promise('perso-2.13-start-event', 'SESSION_START makes it IN_PROGRESS.'),
  promise(
    'perso-2.13-expired',
    'Without a connection in the start window it ends with SESSION_EXPIRED_BEFORE_CONNECTION.',
  ),
  promise('perso-2.13-end-event', 'SESSION_END ends it with GRACEFUL_TERMINATION.'),
  promise(
    'perso-2.13-left',
    'A client that closes its connection in order ends it with GRACEFUL_TERMINATION.',
  ),
  promise(
    'perso-2.13-silence',
    'A connected client that falls silent ends it with SESSION_LOST_AFTER_CONNECTION.',
  ),
  promise(
    'perso-2.13-no-heartbeat',
    'Without video, missing heartbeats end it with SESSION_LOST_AFTER_CONNECTION.',
  ),
  promise(
    'perso-2.13-misc-error',
    'SESSION_ERROR, or a failure of the server, ends it with SESSION_MISC_ERROR.',
  ),
  promise(
    'perso-2.13-active-quota',
    'A start beyond the number of active sessions ends it with MAX_ACTIVE_SESSION_QUOTA_EXCEEDED.',
  ),
  promise(
    'perso-2.13-session-minutes',
    'A session that used its minutes ends with MAX_MIN_PER_SESSION_QUOTA_EXCEEDED.',
  ),
  promise(
    'perso-2.13-month-minutes',
    'Sessions end with TOTAL_MIN_PER_MONTH_QUOTA_EXCEEDED when the month is used up.',
  ),
  promise('perso-2.13-reason-first', 'The reason can be read before the connection is torn down.'),
  promise('perso-2.13-final', 'An ended session stays ended, with its first reason.'),
  promise('perso-2.14-names', 'The eight event names are recorded, others are refused.'),
  promise(
    'perso-2.14-object',
    'An event is answered with its uuid, time, name, detail, and whether it ended the session and why.',
  ),
  promise(
    'perso-2.14-terminate',
    'terminate is true for SESSION_END and SESSION_ERROR and false for the others.',
  ),

  // Catalogue
  promise(
    'perso-3.1-llm-types',
    'settings/llm_type lists language models with name, service, display_name and description.',
  ),
  promise(
    'perso-3.1-tts-types',
    'settings/tts_type lists voices with name, service, speaker, display_name and description.',
  ),
  promise('perso-3.1-stt-types', 'settings/stt_type lists recognisers with name, service and options.'),
  promise('perso-3.1-stt-types-v2', 'settings/stt_type/v2 adds the mode and whether turns are detected.'),
  promise(
    'perso-3.1-model-styles',
    'settings/modelstyle lists styles with their parts and a preview picture.',
  ),
  promise(
    'perso-3.1-platform-type',
    'platform_type in the query filters the styles; without it all are listed.',
  ),
  promise(
    'perso-3.1-mcp-types',
    'settings/mcp_type lists tool servers with id, name, url and transport, and no secrets.',
  ),
  promise(
    'perso-3.1-normalizations',
    'settings/text_normalization_config lists rule sets with id, name and time.',
  ),
  promise(
    'perso-3.1-normalization-download',
    'The download of a rule set names it and links a CSV file, for a limited time and with an ETag.',
  ),
  promise('perso-3.1-capabilities', 'settings/capability lists the capabilities.'),
  promise('perso-3.1-background-images', 'background_image lists pictures that any page can load and draw.'),
  promise(
    'perso-3.1-prompts',
    'prompt lists prompts with intro message, and title and content as other names.',
  ),
  promise('perso-3.1-documents', 'document lists documents with their file and whether they are processed.'),
  promise('perso-3.1-templates', 'session_template lists templates, and one of them is read by its id.'),
  promise('perso-3.1-key', 'Each list needs the key.'),
  promise(
    'perso-3.1-not-empty',
    'Language models, voices, recognisers, styles and prompts are never empty lists.',
  ),
  promise(
    'perso-3.1-documented-names',
    'The names that documents print exist, the documented defaults first.',
  ),
  promise('perso-3.1-l-order', 'The six lists of the first generation can be read one after the other.'),
  promise('perso-3.1-c-order', 'The eight lists of the classic generation can be read one after the other.'),
  promise('perso-3.1-parallel', 'The nine lists of modern clients can be read at once.'),

  // Creation
  promise('perso-3.2-absent-capability', 'Without the key capability a session has STF_WEBRTC.'),
  promise('perso-3.2-using-stf-webrtc', 'using_stf_webrtc is accepted with any value and changes nothing.'),
  promise('perso-3.2-not-given', 'null, an empty text and a missing field all mean "not given".'),
  promise(
    'perso-3.2-padding',
    'Paddings are limited to -1..1, 0..1 and 0..5, may be null, and 0 is a value.',
  ),
  promise('perso-3.2-positioning', 'left and top shift the figure, height scales it.'),
  promise('perso-3.2-locale', 'Locales of rule sets have at most 10 characters.'),
  promise('perso-3.2-locale-off', 'A locale of null switches its rules off.'),
  promise('perso-3.2-duplicates', 'Repeated capabilities count once.'),
  promise('perso-3.2-extra-fields', 'agent, tools and extra_data are accepted.'),
  promise('perso-3.2-exactly-201', 'Success is 201 with the session id.'),
  promise('perso-3.2-body-l-100', 'The creation body of L 1.0.0 and 1.0.1 works as sent.'),
  promise('perso-3.2-body-l-102', 'The creation body of L 1.0.2 works as sent.'),
  promise('perso-3.2-body-l-103', 'The creation body of L 1.0.3 to 1.0.8 works as sent.'),
  promise('perso-3.2-body-lc', 'The creation body of LC works as sent.'),
  promise('perso-3.2-body-c-n', 'The creation bodies of C and N up to 1.6 work as sent, capability first.'),
  promise('perso-3.2-body-readme', 'The creation body of the first README works as sent.'),
  promise('perso-3.2-body-cli', 'The creation body of the command-line client works as sent.'),
  promise('perso-3.2-quota', 'A quota that is used up refuses the creation with 429.'),

  // Session endpoints
  promise('perso-3.3-no-key', 'Endpoints of a session need no key, and one that is sent does no harm.'),
  promise('perso-3.3-info', 'Session info is readable at any time, after the end too.'),
  promise(
    'perso-3.3-redacted',
    'The system prompt is blank in session info unless the key of its owner is sent.',
  ),
  promise('perso-3.3-ice-servers', 'ice-servers gives the configured list, possibly empty.'),
  promise(
    'perso-3.3-exchange',
    'exchange takes client_sdp and answers server_sdp, an answer for setRemoteDescription.',
  ),
  promise('perso-3.3-exchange-once', 'An offer is accepted once; a second is 400 invalid_session_state.'),
  promise(
    'perso-3.3-exchange-quota',
    'A quota that is hit at the exchange is 400 with the reason in detail.',
  ),
  promise(
    'perso-3.3-event',
    'event/create answers 201, whatever the order of its keys, with detail absent as "".',
  ),
  promise('perso-3.3-unknown', 'Each endpoint of an unknown session is 404.'),
  promise('perso-3.3-ended', 'Each endpoint but the info of an ended session is 400.'),
  promise('perso-3.3-list', 'With the key, sessions are listed in results, newest first.'),
  promise('perso-3.3-delete', 'With the key, DELETE ends a session and answers 204.'),
  promise('perso-3.4-audio', 'tts answers standard base64 without a prefix.'),
  promise(
    'perso-3.4-default',
    'Without output_format it is WAV PCM16 mono of 16 or 24 kHz with a 44-byte header.',
  ),
  promise('perso-3.4-wav', 'wav_24000 and wav_44100 give WAV of that rate.'),
  promise('perso-3.4-pcm', 'pcm, pcm_24000 and pcm_44100 give samples without a header.'),
  promise('perso-3.4-mp3', 'mp3 and mp3_44100 give MP3.'),
  promise('perso-3.4-format-alias', 'format is another name of output_format.'),
  promise('perso-3.4-text', 'text is required, not blank and at most 4000 characters.'),
  promise(
    'perso-3.4-locale',
    'locale chooses the language, and the answer tells locale and normalized text.',
  ),
  promise('perso-3.5-form', 'stt takes the file part audio under any name and audio type.'),
  promise('perso-3.5-language', 'language is optional; without it the language is found.'),
  promise('perso-3.5-text', 'It answers what was said, and the text after the rules.'),
  promise('perso-3.5-empty', 'Silence is 200 with an empty text.'),
  promise('perso-3.5-too-large', 'Audio that is too large is 413.'),

  // Answers
  promise(
    'perso-4.1-lines',
    'v1 is one line `data: {"status":"success","sentence":…}` for each sentence and nothing else.',
  ),
  promise('perso-4.1-spaces', 'Sentences of v1 join to the whole answer, their leading spaces kept.'),
  promise('perso-4.1-history', 'v1 keeps the history of the session in the server.'),
  promise('perso-4.1-clear', 'clear_history drops that history first, and is optional.'),
  promise('perso-4.1-failure', 'A failing answer of v1 ends in a line with status fail and a reason.'),
  promise('perso-4.1-status', 'v1 answers 200 with text/plain.'),
  promise('perso-4.2-stateless', 'v2 knows only the messages of its request.'),
  promise('perso-4.2-no-tools', 'Missing tools are none.'),
  promise('perso-4.2-tool-schema', 'Tools reach the model with name, description and parameters.'),
  promise(
    'perso-4.2-echo',
    'The tool requests and remote results of an answer are taken back exactly as they were sent.',
  ),
  promise('perso-4.2-client-result', 'Results of client tools come without type, and may lack content.'),
  promise('perso-4.2-any-order', 'Results may come in any order.'),
  promise('perso-4.2-two-users', 'Two messages of the user in a row are taken.'),
  promise('perso-4.2-leading-assistant', 'A conversation may begin with the assistant.'),
  promise('perso-4.2-foreign', 'Messages of role system, and OpenAI-style messages, are taken.'),
  promise('perso-4.2-refusal', 'What is refused is refused with an error body before the stream begins.'),
  promise('perso-4.2.1-prefix', 'Every line of v2 begins with `data: {`.'),
  promise('perso-4.2.1-no-blank', 'No line of v2 is blank, a comment, an event name or [DONE].'),
  promise('perso-4.2.1-json', 'Every line of v2 holds one whole JSON object, whatever the text holds.'),
  promise('perso-4.2.1-status', 'Every event has status success, but for the failure.'),
  promise('perso-4.2.1-content', 'Every message event has a text as content.'),
  promise('perso-4.2.1-line-end', 'Every line ends with a line feed, the last one too.'),
  promise('perso-4.2.1-finish', 'A successful answer ends with exactly one finish event.'),
  promise('perso-4.2.2-message', 'Message events are sentences of the assistant, with their leading space.'),
  promise(
    'perso-4.2.2-tool-call',
    'A tool request lists every call of its round, each with id, function and arguments as text.',
  ),
  promise(
    'perso-4.2.2-tool-result',
    'The result of a tool that the server ran is an event of role tool with the id of its call.',
  ),
  promise('perso-4.2.2-order', 'Text comes first, then the request, then remote results, then the rest.'),
  promise('perso-4.2.2-remote-only', 'When all calls are remote the answer goes on in the same stream.'),
  promise('perso-4.2.2-client-call', 'When a call is the client’s the stream ends after the remote results.'),
  promise(
    'perso-4.2.3-mixed',
    'The follow-up of a mixed round, without a new message of the user, is answered with both results.',
  ),
  promise('perso-4.2.3-client', 'The follow-up of a round of client tools is answered.'),
  promise('perso-4.2.3-unfinished', 'A round without follow-up does not disturb the next message.'),
  promise(
    'perso-4.2.4-fail',
    'A failure in mid-stream is a last line with status fail, and the status stays 200.',
  ),
  promise('perso-4.2.4-limits', 'More than 512 KiB of messages or 64 KiB of tools is refused.'),

  // WebRTC
  promise(
    'perso-5.1-l-106',
    'L up to 1.0.6, which fetches ICE servers itself, with or without key, connects.',
  ),
  promise('perso-5.1-classic', 'L 1.0.7 and 1.0.8, LC, C and N1.1 connect.'),
  promise('perso-5.1-modern', 'N1.2 to N1.6, which read session info first, connect.'),
  promise('perso-5.2-sendrecv', 'An offer that sends audio is answered.'),
  promise('perso-5.2-recvonly', 'An offer that only receives is answered.'),
  promise('perso-5.2-vp8-only', 'An offer with VP8 alone is answered.'),
  promise('perso-5.2-all-codecs', 'An offer with every codec of the browser is answered.'),
  promise('perso-5.2-no-candidates', 'An offer without candidates connects.'),
  promise(
    'perso-5.3-sections',
    'The answer takes audio, video and data in one bundle with rtcp-mux, and settles the DTLS role.',
  ),
  promise('perso-5.3-candidates', 'The answer holds the candidates of the server.'),
  promise('perso-5.3-audio', 'Sound is Opus, sendonly, or sendrecv where the client sends.'),
  promise('perso-5.3-video', 'The picture is VP8, sendonly, whatever else is offered.'),
  promise('perso-5.3-one-stream', 'Both tracks name the same stream.'),
  promise('perso-5.3-keyframe', 'The first picture comes about a second after the connection at the latest.'),
  promise('perso-5.3-idle', 'Pictures and silence go on while nothing is said.'),
  promise('perso-5.4-readiness', 'Stream and command channel are there within 4.9 s of the answer.'),
  promise('perso-5.4-first-ping', 'The first ping is answered within 8 s of the peer connection.'),
  promise('perso-5.4-ping-gaps', 'Replies to pings are never 5 s apart.'),
  promise('perso-5.4-exchange', 'The exchange takes less than 2 s.'),
  promise('perso-5.5-client-stop', 'The server notices that the client closed its connection.'),
  promise(
    'perso-5.5-server-end',
    'A session that the server ends loses its peer connection, not only its channel.',
  ),

  // Data channels
  promise(
    'perso-6.1-frames',
    'Every frame of the server is a text with a JSON object of type and data object.',
  ),
  promise('perso-6.1-unknown', 'Frames that are no command are ignored.'),
  promise('perso-6.2-ping', 'ping is answered at once.'),
  promise(
    'perso-6.2-change-size',
    'change-size gives the picture that aspect, with even sides, and no reply.',
  ),
  promise('perso-6.2-ttstf', 'ttstf is spoken with the voice of the session.'),
  promise('perso-6.2-stf', 'stf plays the uploaded sound.'),
  promise('perso-6.2-clear-buffer', 'clear-buffer stops speech and drops what waits.'),
  promise(
    'perso-6.2-record-stt',
    'What the client sends between record-start and record-end-stt is answered with one stt.',
  ),
  promise('perso-6.2-record-language', 'record-end-stt passes its language on.'),
  promise(
    'perso-6.2-record-translate',
    'record-end-translate answers the translation as stt, or translate-error.',
  ),
  promise('perso-6.2-set-template', 'set-template changes the style that is shown, without a reply.'),
  promise(
    'perso-6.2-chat',
    'chat asks the model with the given history, oldest first, and speaks the answer by sentences.',
  ),
  promise('perso-6.2-hello', 'hello speaks the intro message of the prompt.'),
  promise('perso-6.2-renew-session', 'renew-session keeps a session alive that would end for inactivity.'),
  promise('perso-6.3-stf', 'stf has the spoken text and its length in milliseconds.'),
  promise('perso-6.3-stt', 'stt has a text, possibly empty.'),
  promise('perso-6.3-stt-error', 'A recording that cannot be recognised is answered with stt-error.'),
  promise(
    'perso-6.3-stf-start',
    'stf-start comes for every utterance, with a name of its own and its length in milliseconds.',
  ),
  promise(
    'perso-6.3-translate-error',
    'A recording that cannot be translated is answered with translate-error.',
  ),
  promise('perso-6.4-one-each', 'Each ttstf and stf gets one stf, in order.'),
  promise('perso-6.4-at-start', 'stf comes when its sound begins to play.'),
  promise('perso-6.4-failure', 'Speech that fails is announced with its text and length 0.'),
  promise('perso-6.4-after-clear', 'What was cleared is never announced.'),
  promise('perso-6.4-sentences', 'Answers to chat and hello get an stf for each sentence.'),
  promise(
    'perso-6.5-upload-l',
    'A session of the first generation gets stf-start and no stf for its uploads.',
  ),
  promise('perso-6.5-upload-others', 'Other sessions get stf-start and stf for their uploads.'),
  promise('perso-6.6-ready', 'A file channel is greeted with an empty text.'),
  promise('perso-6.6-reference', 'The empty binary message is answered with the reference of the file.'),
  promise('perso-6.6-chunks', 'Chunks of 16 KiB and of 64 KiB are joined.'),
  promise('perso-6.6-name', 'stf-start of an upload names its reference.'),
  promise('perso-6.6-open', 'The server leaves the channel open until the client closes it.'),
  promise('perso-6.6-several', 'Several files can be under way at once.'),
  promise('perso-6.6-kept', 'A file is kept after it was played.'),
  promise('perso-6.6-sniff', 'The bytes of a file count, not the named format.'),
  promise('perso-6.6-empty', 'A file of zero bytes gets a reference, and an stf of length 0.'),
  promise('perso-6.7-no-sound', 'A recording of a client that sends no sound is answered all the same.'),

  // Without video
  promise('perso-7-start', 'SESSION_START begins a session without video.'),
  promise('perso-7-heartbeat', 'Heartbeats are answered with JSON and keep the session.'),
  promise('perso-7-end-told', 'The heartbeat after the end is 400 with the reason in detail.'),
  promise('perso-7-rest', 'llm, tts, stt and event work in a session without video.'),
  promise('sdk-7-mode', 'A session whose info names no STF capability is opened without WebRTC.'),
  promise('sdk-7-start', 'Such a session begins with SESSION_START, and a refusal rejects createSession.'),
  promise('sdk-7-heartbeat', 'SESSION_DURING follows 10 s after the one before succeeded.'),
  promise(
    'sdk-7-heartbeat-failure',
    'A heartbeat that fails is told to the error handlers, and is the last.',
  ),
  promise('sdk-7-limits', 'Without WebRTC, methods that need it refuse, and the others work.'),

  // The SDK
  promise(
    'sdk-8.1-client-exports',
    'The client entry and the script offer the documented names, and no others.',
  ),
  promise('sdk-8.1-iife', 'The script offers the client entry on the global PersoInteractive.'),
  promise('sdk-8.2-forms', 'Each function has the positional form and the form with one object.'),
  promise('sdk-8.2-api-server', 'The API server is trimmed, loses its last slashes, and has a default.'),
  promise('sdk-8.3-lists', 'Each list function reads its path with the key and returns the parsed answer.'),
  promise(
    'sdk-8.3-all-settings',
    'getAllSettings reads nine lists and does without text normalization only.',
  ),
  promise('sdk-8.3-session-info', 'getSessionInfo sends no key.'),
  promise('sdk-8.3-make-tts', 'makeTTS sends the text unchanged, and options only when given.'),
  promise(
    'sdk-8.3-intro-message',
    'getIntroMessage finds the prompt, and fails with the cause of the refusal.',
  ),
  promise('sdk-8.3-helpers', 'Constants, ChatTool and recorders are made as documented.'),
  promise(
    'sdk-8.3.1-warning',
    'createSessionId of the client warns in browsers, once a call; that of the server never.',
  ),
  promise(
    'sdk-8.3.1-body',
    'It derives the capabilities in order, puts them first, and leaves the given object alone.',
  ),
  promise('sdk-8.3.1-template', 'A template is mapped to a creation body as documented.'),
  promise('sdk-8.3.1-platform', 'A template for another platform than webrtc is refused before creation.'),
  promise(
    'sdk-8.3.1-errors',
    'Refusals become DoesNotExistError, NotInOrganizationError or SessionCreationError.',
  ),
  promise(
    'sdk-8.3.2-order',
    'createSession reads info and ICE servers, exchanges, waits, and sends the size.',
  ),
  promise('sdk-8.3.2-legacy', 'The boolean form sends the microphone or silence.'),
  promise('sdk-8.3.2-failure', 'A failed createSession rejects with its cause and releases everything.'),
  promise('sdk-8.3.3-util-server', 'PersoUtilServer calls each endpoint with the base URL as given.'),
  promise(
    'sdk-8.4-server-exports',
    'The server entry offers the documented names and loads without browser objects.',
  ),
  promise('sdk-8.5-process-llm', 'processLLM streams chunks and sets LLM alone.'),
  promise('sdk-8.5-log-event', 'logSessionEvent sends texts as they are and objects as JSON.'),
  promise('sdk-8.5-on-close', 'onClose tells whether the page closed the session.'),
  promise('sdk-8.5-stop', 'stopSession closes once, and nothing is sent afterwards.'),
  promise('sdk-8.6-processor', 'LlmProcessor works alone, with the API server as given.'),
  promise('sdk-8.7-errors', 'Each error class has the documented message, name and fields.'),
  promise('sdk-8.7-api-error', 'ApiError is made of the first problem, or says that there are no details.'),
  promise('sdk-9.1-states', 'Subscribers get a new set when the states changed; ANALYZING is counted.'),
  promise('sdk-9.1-turn', 'A turn of two sentences goes through log and states in the documented order.'),
  promise(
    'sdk-9.1-speaking',
    'Speech ends 2 s after the first length, and each further one adds its length and 1 s.',
  ),
  promise('sdk-9.1-late-stf', 'An stf that nobody waits for changes nothing.'),
  promise('sdk-9.2-blank', 'processChat ignores white space.'),
  promise('sdk-9.2-immediate', 'processChat logs the user at once and resolves before the answer.'),
  promise(
    'sdk-9.2-history',
    'Its history is committed when the whole turn succeeded, apart from that of processLLM.',
  ),
  promise(
    'sdk-9.2-tools',
    'Text before and after a tool call are log entries of their own; a failed tool reports error!.',
  ),
  promise('sdk-9.2-failures', 'Failures go to the error handlers as LLMError, and LLM ends.'),
  promise('sdk-9.2-rounds', 'A turn stops after ten requests.'),
  promise(
    'sdk-9.3-chunks',
    'processLLM gives text so far, tool calls, tool results, and the whole at the end.',
  ),
  promise('sdk-9.3-empty', 'An empty message rejects, white space does not.'),
  promise('sdk-9.3-follow-up', 'It follows up after tools exactly when the contract says so.'),
  promise('sdk-9.3-errors', 'Errors of the server are a last chunk; those of the network reject.'),
  promise(
    'sdk-9.3-abort',
    'An abort ends the iteration, with one last chunk when there was text, and commits nothing.',
  ),
  promise('sdk-9.3-rounds', 'The eleventh request is an error chunk instead.'),
  promise('sdk-9.3-grammar', 'Lines that are not of the grammar end in the documented errors.'),
  promise('sdk-9.4-log', 'The log comes whole, newest first, as a new array.'),
  promise(
    'sdk-9.5-request',
    'processTTS removes emoji, ends the text with a stop, and sends options only when given.',
  ),
  promise('sdk-9.5-nothing', 'Text of emoji and white space alone gives undefined without a request.'),
  promise('sdk-9.5-result', 'It gives the bytes with their sniffed type, or WAV of 16 kHz with resample.'),
  promise('sdk-9.5-failures', 'Failures go to the error handlers, and it resolves with undefined.'),
  promise('sdk-9.6-format', 'The format of a file is told as wav or mp3.'),
  promise('sdk-9.6-upload', 'processSTF uploads, sends stf, and resolves with the reference.'),
  promise(
    'sdk-9.6-protocol',
    'It waits for the empty text, sends chunks of 64 KiB with back-pressure and gives up after 30 s.',
  ),
  promise('sdk-9.7-recording', 'Recording, its limit, its errors and the kept file are as documented.'),
  promise('sdk-9.7-format', 'A recording is a mono WAV of 16 kHz named recording.wav.'),
  promise('sdk-9.8-clear', 'clearBuffer tells the server first, ends the turn, and resets the states.'),
  promise('sdk-9.8-pending', 'What was under way before clearBuffer leaves no trace; processLLM goes on.'),
  promise(
    'sdk-9.9-wav',
    'WAV files are read and written as documented, and other data is refused with its reason.',
  ),
  promise('sdk-9.10-emoji', 'Emoji are removed, and nothing else is.'),
  promise('sdk-9.11-limits', 'Readiness, pings and silence have the documented times.'),
  promise(
    'sdk-9-voice-chat',
    'startVoiceChat and stopVoiceChat record, and what was recognised is asked or handed over.',
  ),
  promise('sdk-9-documents', 'Every example of the published documents runs against this server.'),
  promise('sdk-9-recovery', 'A lost connection is taken up again by a new offer, with the same history.'),

  // Older surfaces, and whole conversations
  promise('sdk-10.1-exports', 'The scripts of the classic generation offer the names of their version.'),
  promise('sdk-10.1-settings', 'Their getAllSettings reads eight lists, one after the other.'),
  promise('sdk-10.1-creation', 'Their createSessionId fails with a plain ApiError.'),
  promise('sdk-10.1-session', 'Their sessions offer VP8 alone, send audio, keep emoji and show late speech.'),
  promise('sdk-10.1-methods', 'Their sessions have the documented methods.'),
  promise(
    'perso-10.1-core',
    'The server serves the scripts core/1.0.0 and core/1.0.1, and both hold a conversation.',
  ),
  promise(
    'perso-10.1-script',
    'The server serves the script of the package under its CDN path, and it holds a conversation.',
  ),
  promise('perso-16-l', 'A conversation of the first generation works from creation to end.'),
  promise('perso-16-c', 'A conversation of the classic generation works from creation to end.'),
  promise('perso-16-n12', 'A conversation of N1.2 and N1.3 works from creation to end, heartbeats included.'),
  promise('perso-16-n14', 'A conversation of N1.4 to N1.6 works from creation to end.'),
  promise('perso-16-legacy-form', 'The boolean form of modern clients works from creation to end.'),
  promise('perso-16-cli', 'The life cycle of the command-line client works.'),
];
