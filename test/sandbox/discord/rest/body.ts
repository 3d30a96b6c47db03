import { parseLossless } from '../../lossless-json.ts';
import { refuse } from './errors.ts';

/** A file sent with a message; its bytes are counted and dropped. */
export interface UploadedFile {
  /** The index that `attachments[].id` refers to. */
  id: string;
  filename: string;
  sizeBytes: number;
  contentType: string;
}

/** The body of a request: JSON, or a form whose `payload_json` is the JSON and whose `files[n]` are files. */
export async function readBody(
  raw: Buffer | undefined,
  contentType: string | undefined,
): Promise<{ body: unknown; files: UploadedFile[] }> {
  if (!raw || raw.length === 0) return { body: undefined, files: [] };
  if (contentType?.startsWith('multipart/form-data')) return readForm(raw, contentType);
  if (contentType?.startsWith('application/x-www-form-urlencoded')) {
    return { body: Object.fromEntries(new URLSearchParams(raw.toString('utf8'))), files: [] };
  }
  return { body: parseJson(raw.toString('utf8')), files: [] };
}

async function readForm(raw: Buffer, contentType: string): Promise<{ body: unknown; files: UploadedFile[] }> {
  const form = await new Response(new Uint8Array(raw), { headers: { 'content-type': contentType } })
    .formData()
    .catch((cause: unknown) => {
      throw Object.assign(refuse('invalidJson'), { cause });
    });
  const files: UploadedFile[] = [];
  let body: unknown = {};
  for (const [name, value] of form) {
    if (typeof value !== 'string') {
      const id = /^files?\[?(\d*)\]?$/.exec(name)?.[1] || '0';
      files.push({ id, filename: value.name, sizeBytes: value.size, contentType: value.type });
    } else if (name === 'payload_json') {
      body = parseJson(value);
    }
  }
  return { body, files };
}

function parseJson(text: string): unknown {
  try {
    return parseLossless(text);
  } catch (cause) {
    throw Object.assign(refuse('invalidJson'), { cause });
  }
}
