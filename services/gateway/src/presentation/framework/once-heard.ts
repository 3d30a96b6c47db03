import type { PlayerPort } from '../../application/player-port.ts';

/** A player whose changing operations wait for `heard`; if that fails, nothing is changed. */
export function onceHeard(player: PlayerPort, heard: () => Promise<void>): PlayerPort {
  const afterwards =
    <Given extends unknown[], Result>(call: (...given: Given) => Promise<Result>) =>
    async (...given: Given): Promise<Result> => {
      await heard();
      return call(...given);
    };
  return {
    read: (...given) => player.read(...given),
    search: (...given) => player.search(...given),
    rememberMessage: (...given) => player.rememberMessage(...given),
    follow: (...given) => player.follow(...given),
    enqueue: afterwards((...given) => player.enqueue(...given)),
    pause: afterwards((...given) => player.pause(...given)),
    resume: afterwards((...given) => player.resume(...given)),
    skip: afterwards((...given) => player.skip(...given)),
    stop: afterwards((...given) => player.stop(...given)),
    setVolume: afterwards((...given) => player.setVolume(...given)),
  };
}
