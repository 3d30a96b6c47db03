/** The longest delay of Node's timers; longer ones fire at once. */
const longestMs = 2 ** 31 - 1;

/**
 * setTimeout for any delay, including infinite ones; the returned function cancels. It does not keep the process alive.
 */
export function setLongTimeout(run: () => void, delayMs: number): () => void {
  let timer: NodeJS.Timeout;
  const wait = (leftMs: number): void => {
    timer = leftMs > longestMs ? setTimeout(() => wait(leftMs - longestMs), longestMs) : setTimeout(run, leftMs);
    timer.unref();
  };
  wait(delayMs);
  return () => clearTimeout(timer);
}
