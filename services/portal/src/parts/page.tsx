import { Text, Title } from '@mantine/core';
import { useEffect, useRef, type ReactNode } from 'react';

let arrived = false;

/**
 * A page with its title. Moves the focus to the heading after navigation, for keyboard and screen reader users; the
 * first page after loading leaves the focus where the browser put it.
 */
export function Page(props: {
  title: string;
  /** The title of the tab, if the heading is not enough. */
  tab?: string;
  text?: ReactNode;
  actions?: ReactNode;
  wide?: boolean;
  children: ReactNode;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (arrived) {
      heading.current?.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    arrived = true;
  }, []);
  const tab = props.tab ?? props.title;
  return (
    <div className={props.wide ? 'page page-wide' : 'page'}>
      <title>{`${tab} · Bailiwick`}</title>
      <header className="page-head">
        <div className="page-words">
          <Title order={1} size="h2" ref={heading} tabIndex={-1} className="page-title">
            <bdi>{props.title}</bdi>
          </Title>
          {props.text && (
            <Text c="dimmed" mt={4} maw="68ch" component="div">
              {props.text}
            </Text>
          )}
        </div>
        {props.actions && <div className="page-actions">{props.actions}</div>}
      </header>
      {props.children}
    </div>
  );
}

/** A part of a page, with a heading. */
export function Section(props: { title: string; text?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  return (
    <section className="section">
      <div className="section-head">
        <div>
          <Title order={2} size="h4">
            {props.title}
          </Title>
          {props.text && (
            <Text c="dimmed" size="sm" mt={2} maw="72ch" component="div">
              {props.text}
            </Text>
          )}
        </div>
        {props.actions && <div className="page-actions">{props.actions}</div>}
      </div>
      {props.children}
    </section>
  );
}
