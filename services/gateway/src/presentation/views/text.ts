const hourMs = 3_600_000;

/** 3:05, or 1:02:03 from an hour on. */
export function duration(ms: number): string {
  const seconds = Math.floor(ms / 1000) % 60;
  const minutes = Math.floor(ms / 60_000) % 60;
  const two = (value: number) => String(value).padStart(2, '0');
  return ms < hourMs ? `${minutes}:${two(seconds)}` : `${Math.floor(ms / hourMs)}:${two(minutes)}:${two(seconds)}`;
}

/**
 * A title or name from outside, so that Discord shows it as it is: no markdown, no mention, no link of its own, on one
 * line and not too long.
 */
export function plain(text: string, maxLength = 80): string {
  const line = [...text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim()];
  const clipped = line.length > maxLength ? `${line.slice(0, maxLength - 1).join('')}…` : line.join('');
  // A zero-width space after @ and < breaks mentions; a backslash before the rest breaks markdown.
  return clipped
    .replaceAll(/[\\*_~`|>#\-[\]()]/g, String.raw`\$&`)
    .replaceAll(/[@<]/g, '$&\u200B')
    .replaceAll('://', ':/\u200B/');
}
