import { Pool } from 'undici';

export interface SeenEvent {
  readonly event: string;
  readonly data: unknown;
}

export interface Followed extends AsyncDisposable {
  readonly status: number;
  /** Everything received so far. */
  readonly events: readonly SeenEvent[];
  /** The problem received instead of events. */
  readonly problem: { readonly code?: string } | undefined;
  /** True once the server has ended it. */
  readonly ended: boolean;
}

/** Follows server-sent events as a browser does (HTML Standard, 9.2.6). */
export async function follow(url: string, path: string, session?: string): Promise<Followed> {
  const pool = new Pool(url);
  const answer = await pool.request({
    method: 'GET',
    path,
    headers: { accept: 'text/event-stream', ...(session === undefined ? {} : { authorization: `Bearer ${session}` }) },
    bodyTimeout: 0,
  });
  const state = { events: [] as SeenEvent[], ended: false };
  answer.body.on('error', () => (state.ended = true));
  const isStream = String(answer.headers['content-type']).startsWith('text/event-stream');
  const problem = isStream ? undefined : ((await answer.body.json()) as { code?: string });
  let rest = '';
  answer.body.setEncoding('utf8');
  answer.body.on('data', (text: string) => {
    rest += text;
    for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
      const seen = parse(rest.slice(0, end));
      rest = rest.slice(end + 2);
      if (seen) state.events.push(seen);
    }
  });
  answer.body.on('end', () => (state.ended = true));
  return {
    status: answer.statusCode,
    problem,
    get events() {
      return state.events;
    },
    get ended() {
      return state.ended;
    },
    [Symbol.asyncDispose]: () => pool.destroy(),
  };
}

function parse(block: string): SeenEvent | undefined {
  const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]));
  const [event, data] = [fields.get('event'), fields.get('data')];
  return event === undefined || data === undefined ? undefined : { event, data: JSON.parse(data) as unknown };
}
