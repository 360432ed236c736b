/** Where the bytes of announced documents go: signed addresses of this server, valid for a while and without a key. */
import { SpekoError } from '@visavox/contract/speko';
import type { Hono } from 'hono';
import type { Secrets } from '../../secrets/secrets.ts';
import type { KnowledgeBaseStore } from '../../store/knowledge-bases.ts';
import { readBytes } from '../body.ts';

interface UploadContext {
  readonly secrets: Pick<Secrets, 'sign' | 'verify'>;
  readonly now: () => Date;
}

export const UPLOAD_SECONDS = 600;

const pathOf = <Id extends string>(documentId: Id) => `/v1/uploads/${documentId}` as const;

/** The path with its signature. */
export function uploadLink(documentId: string, { secrets, now }: UploadContext): string {
  const path = pathOf(documentId);
  const expires = Math.floor(now().getTime() / 1000) + UPLOAD_SECONDS;
  return `${path}?expires=${expires}&signature=${secrets.sign(`PUT ${path}`, expires)}`;
}

export function serveUploads(
  app: Hono,
  options: UploadContext & {
    readonly store: { readonly knowledgeBases: KnowledgeBaseStore };
    readonly onError: (error: unknown) => Response;
  },
): void {
  const { secrets, now, onError } = options;

  const takeFile = async (request: Request, documentId: string): Promise<Response> => {
    const query = new URL(request.url).searchParams;
    const expires = Number(query.get('expires'));
    if (
      !Number.isInteger(expires) ||
      expires * 1000 < now().getTime() ||
      !secrets.verify(`PUT ${pathOf(documentId)}`, expires, query.get('signature') ?? '')
    ) {
      throw new SpekoError(
        'FORBIDDEN',
        'The address is not valid or has expired; announce the document again.',
      );
    }
    const { knowledgeBases } = options.store;
    const announced = await knowledgeBases.findAnnounced(documentId);
    if (announced === undefined) {
      throw new SpekoError('NOT_FOUND', 'No file is waited for under this address.');
    }
    const bytes = await readBytes(request, announced.sizeBytes);
    if (bytes.length !== announced.sizeBytes) {
      throw new SpekoError('VALIDATION_ERROR', undefined, {
        issues: [
          {
            path: 'sizeBytes',
            message: `${announced.sizeBytes} bytes were announced, but ${bytes.length} came.`,
          },
        ],
      });
    }
    if (!(await knowledgeBases.putFile(documentId, bytes))) {
      throw new SpekoError('NOT_FOUND', 'No file is waited for under this address.');
    }
    return new Response(null, { status: 200 });
  };

  app.put(pathOf(':id'), (context) => takeFile(context.req.raw, context.req.param('id')).catch(onError));
}
