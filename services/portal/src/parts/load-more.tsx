import { Button } from '@mantine/core';

/** Loads the next page of a list, if there is one. */
export function LoadMore(props: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown }) {
  if (!props.hasNextPage) return null;
  return (
    <div className="more">
      <Button variant="default" size="sm" loading={props.isFetchingNextPage} onClick={() => void props.fetchNextPage()}>
        Show more
      </Button>
    </div>
  );
}
