/** The most played tracks, in their order. */
export function TopTracks(props: {
  tracks: readonly {
    readonly title: string;
    readonly author: string;
    readonly uri: string | null;
    readonly plays: number;
  }[];
}) {
  return (
    <ol className="card rows queue">
      {props.tracks.map(({ title, author, uri, plays }, index) => (
        <li key={uri ?? `${title} ${author}`} className="row">
          <span className="queue-number">{index + 1}</span>
          <span className="row-words">
            <bdi className="row-title ellipsis">{title}</bdi>
            <bdi className="row-text ellipsis">{author}</bdi>
          </span>
          <span className="dimmed tabular nowrap">{plays} ×</span>
        </li>
      ))}
    </ol>
  );
}
