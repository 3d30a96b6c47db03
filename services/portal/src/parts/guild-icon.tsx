import { useState } from 'react';
import { initialOf } from './names.ts';

/** A server's icon, or its initial. */
export function GuildIcon({ name, iconUrl, size = 40 }: { name: string; iconUrl: string | null; size?: number }) {
  const [broken, setBroken] = useState(false);
  const box = { width: size, height: size };
  if (iconUrl && !broken)
    return (
      <img
        className="guild-icon"
        style={box}
        src={iconUrl}
        alt=""
        referrerPolicy="no-referrer"
        onError={() => setBroken(true)}
      />
    );
  return (
    <span className="guild-icon" style={box} aria-hidden>
      {initialOf(name)}
    </span>
  );
}
