/** Smaller heaps before garbage collection, and no threads or malloc arenas that would only sit idle. */
export const nodeFlags = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=4', '--v8-pool-size=1'];
export const memoryEnvironment = { MALLOC_ARENA_MAX: '2', UV_THREADPOOL_SIZE: '4' };
