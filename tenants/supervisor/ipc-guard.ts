import type { ChildProcess } from 'node:child_process';
import { TokenBucket } from '#infra/kernel/rate-limiter.ts';

/**
 * Node's IPC channel trusts its peer: one line that is not JSON, or one forged acknowledgement, throws in the parent's
 * event loop, and an endless line is buffered endlessly. A bot may be hostile, so this is placed between the channel
 * and Node's own reader: anything that the reader throws, and anything over budget, ends this bot and nothing else. It
 * uses Node's internal handle (there is no public API) and refuses to start a bot if it does not find it.
 */
export interface IpcLimits {
  /** Messages that may come at once, and how many more each second. */
  readonly burst: number;
  readonly perSec: number;
  /** Bytes that may come without a complete message among them. */
  readonly maxMessageBytes: number;
}

export const defaultIpcLimits: IpcLimits = { burst: 200, perSec: 50, maxMessageBytes: 64 * 1024 };

interface ChannelHandle {
  onread: (this: unknown, bytes: ArrayBuffer | undefined) => void;
}

export interface IpcGuard {
  /** Must be called for each handle that is sent, since only then may an acknowledgement come. */
  handleSent(): void;
}

export function guardIpc(
  child: ChildProcess,
  misbehaved: (because: string) => void,
  limits = defaultIpcLimits,
): IpcGuard {
  const channel = channelHandleOf(child);
  const budget = new TokenBucket(limits);
  let unacknowledged = 0;
  let bytesWithoutMessage = 0;
  let over = false;
  const end = (because: string): void => {
    if (over) return;
    over = true;
    misbehaved(because);
  };
  const read = channel.onread;
  channel.onread = function guarded(bytes) {
    if (over && bytes) return;
    bytesWithoutMessage += bytes?.byteLength ?? 0;
    if (bytesWithoutMessage > limits.maxMessageBytes + 64 * 1024) return end('sent a message larger than allowed');
    try {
      read.call(this, bytes);
    } catch {
      end('sent something that is not a message');
    }
  };
  const emit = child.emit.bind(child) as (event: string | symbol, ...args: unknown[]) => boolean;
  child.emit = (event: string | symbol, ...args: unknown[]): boolean => {
    if (event !== 'message' && event !== 'internalMessage') return emit(event, ...args);
    bytesWithoutMessage = 0;
    if (over) return false;
    const [message, handle] = args;
    if (handle !== undefined && handle !== null) {
      closeHandle(handle);
      end('sent a handle');
      return false;
    }
    if (!budget.take()) {
      end('sent too many messages');
      return false;
    }
    if (event === 'internalMessage') {
      const kind = acknowledgementOf(message);
      if (kind === undefined || unacknowledged === 0) {
        end('forged a message of the channel itself');
        return false;
      }
      if (kind === 'NODE_HANDLE_ACK') unacknowledged -= 1;
    }
    try {
      return emit(event, ...args);
    } catch {
      end('broke the order of the channel');
      return false;
    }
  };
  return {
    handleSent: () => {
      unacknowledged += 1;
    },
  };
}

function channelHandleOf(child: ChildProcess): ChannelHandle {
  const symbol = Object.getOwnPropertySymbols(child).find((each) => each.description === 'kChannelHandle');
  const handle: unknown = symbol && Reflect.get(child, symbol);
  if (typeof handle === 'object' && handle !== null && 'onread' in handle && typeof handle.onread === 'function') {
    return handle as ChannelHandle;
  }
  throw new Error("Node's IPC channel differs from Node 26 and cannot be guarded, so no bot is started.");
}

/** The only internal messages of Node that a bot may send: its responses to a handle. */
function acknowledgementOf(message: unknown): 'NODE_HANDLE_ACK' | 'NODE_HANDLE_NACK' | undefined {
  if (typeof message !== 'object' || message === null || !('cmd' in message)) return undefined;
  return message.cmd === 'NODE_HANDLE_ACK' || message.cmd === 'NODE_HANDLE_NACK' ? message.cmd : undefined;
}

function closeHandle(handle: unknown): void {
  if (typeof handle === 'object' && handle !== null && 'close' in handle && typeof handle.close === 'function') {
    handle.close();
  }
}
