/** Of one bar with the space beside it, in the units of the drawing. */
const step = 10;

/** A bar for each time: tracks played, with failures on top. `most` is what reaches the full height. */
export function PlaysBars(props: {
  plays: readonly { readonly at: string; readonly played: number; readonly failed: number }[];
  most: number;
  height: number;
  className: string;
}) {
  const { plays, most, height, className } = props;
  return (
    <svg viewBox={`0 0 ${plays.length * step} ${height}`} preserveAspectRatio="none" className={className} aria-hidden>
      {plays.map(({ at, played, failed }, index) => {
        const [good, bad] = [(played / most) * height, (failed / most) * height];
        const x = index * step + step * 0.15;
        return (
          <g key={at}>
            <rect className="chart-played" x={x} y={height - good} width={step * 0.7} height={good} />
            <rect className="chart-failed" x={x} y={height - good - bad} width={step * 0.7} height={bad} />
          </g>
        );
      })}
    </svg>
  );
}
