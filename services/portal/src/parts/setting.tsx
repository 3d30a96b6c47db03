import type { ReactNode } from 'react';

/** A setting with what it does, and its control beside it. */
export const Setting = ({ title, text, children }: { title: string; text: string; children: ReactNode }) => (
  <div className="row setting">
    <span className="row-words">
      <span className="row-title">{title}</span>
      <span className="row-text">{text}</span>
    </span>
    <div className="setting-control">{children}</div>
  </div>
);
