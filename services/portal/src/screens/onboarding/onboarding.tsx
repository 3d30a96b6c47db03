import { Button, Text } from '@mantine/core';
import { IconArrowRight, IconConfetti } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from 'wouter';
import { address } from '../../api/address.ts';
import { api, valueOf } from '../../api/client.ts';
import { tenantQuery } from '../../api/queries.ts';
import { useEvents } from '../../api/events.ts';
import type { OnboardingEvents, OnboardingState } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { announce } from '../../parts/live-region.tsx';
import { Page } from '../../parts/page.tsx';
import { RoleNeeded } from '../../parts/role-needed.tsx';
import { ErrorState, RowsSkeleton } from '../../parts/states.tsx';
import { CheckRow } from './check-row.tsx';
import { stages } from './checks.ts';
import { TokenForm } from './token-form.tsx';

/**
 * From a pasted token to a bot that was heard: every check as it happens, why one failed and how to fix it. Closing
 * the browser loses nothing; the checks go on, and this page shows where they are.
 */
export default function Onboarding() {
  const { tenant, name, can } = useTenant();
  const client = useQueryClient();
  const queryKey = ['onboarding', tenant];
  const { data, error, refetch } = useQuery({
    queryKey,
    queryFn: ({ signal }) =>
      valueOf(api.GET('/v1/tenants/{tenant}/onboarding', { signal, params: { path: { tenant } } })),
  });
  const events = address('/v1/tenants/{tenant}/onboarding/events', { path: { tenant } });
  const begun = (data?.checks.length ?? 0) > 0;
  useEvents<OnboardingEvents>(begun ? events : undefined, {
    state: (next) => {
      // What is asked for at this moment may be older than what was just told.
      void client.cancelQueries({ queryKey });
      tellWhatChanged(client.getQueryData<OnboardingState>(queryKey), next);
      client.setQueryData(queryKey, next);
      if (next.done) void client.invalidateQueries({ queryKey: ['tenant', tenant] });
    },
  });
  // An answer may come after what the stream told of its consequences, and is not put over them.
  const state = useQuery(tenantQuery(tenant)).data?.state;
  const went = () => void client.invalidateQueries({ queryKey });
  return (
    <Page
      title={!data?.done ? 'Set up your bot' : state?.kind === 'ready' ? `${name} is ready` : `${name} is set up`}
      text={
        data?.done
          ? state && state.kind !== 'ready'
            ? `All checks passed during setup. Now: ${state.sentence}`
            : 'All checks passed: your bot answers, joins voice and plays.'
          : 'Paste the token of your Discord application. Each step is checked as you watch, and you can close this page at any time.'
      }
    >
      {error && !data && (
        <div className="card">
          <ErrorState error={error} retry={() => void refetch()} />
        </div>
      )}
      {!data && !error && <RowsSkeleton rows={6} height={56} />}
      {data?.done && <Ready tenant={tenant} />}
      {data && !data.done && can('tenant.update') && <TokenForm state={data} went={went} />}
      {data && !data.done && <RoleNeeded action="tenant.update" to="set up the bot" />}
      {data && begun && <Stages state={data} went={went} />}
      {data && !begun && <Preview />}
    </Page>
  );
}

function tellWhatChanged(before: OnboardingState | undefined, now: OnboardingState): void {
  const changed = now.checks.find(
    ({ id, state }) => state !== before?.checks.find((check) => check.id === id)?.state && state !== 'waiting',
  );
  if (changed) announce(`${changed.title}: ${changed.state === 'needs-you' ? 'needs your action' : changed.state}`);
}

function Stages({ state, went }: { state: OnboardingState; went: () => void }) {
  return (
    <div className="stages">
      {stages.map((stage, index) => {
        const checks = state.checks.filter(({ id }) => (stage.checks as readonly string[]).includes(id));
        const passed = checks.filter((check) => check.state === 'passed').length;
        return (
          <section key={stage.title} className="card stage" aria-label={stage.title}>
            <header className="stage-head">
              <span className="stage-number" data-done={passed === checks.length || undefined} aria-hidden>
                {index + 1}
              </span>
              <div>
                <h2 className="stage-title">{stage.title}</h2>
                <Text size="sm" c="dimmed">
                  {stage.text}
                </Text>
              </div>
              <span className="stage-count">
                {passed} of {checks.length}
              </span>
            </header>
            <ol className="checks">
              {checks.map((check) => (
                <CheckRow key={check.id} check={check} went={went} />
              ))}
            </ol>
          </section>
        );
      })}
    </div>
  );
}

/** Before the first token: what will be checked. */
const Preview = () => (
  <div className="grid preview">
    {stages.map((stage, index) => (
      <div key={stage.title} className="card stat">
        <span className="stage-number" aria-hidden>
          {index + 1}
        </span>
        <h2 className="stage-title">{stage.title}</h2>
        <span className="stat-text">{stage.text}</span>
      </div>
    ))}
  </div>
);

const Ready = ({ tenant }: { tenant: string }) => (
  <div className="card ready-card">
    <span className="empty-icon" aria-hidden>
      <IconConfetti />
    </span>
    <div className="row-words">
      <span className="row-title">Your bot was heard.</span>
      <span className="row-text">Type /play in your server, or set permissions first.</span>
    </div>
    <div className="page-actions">
      <Button component={Link} href={`/t/${tenant}/policies`} variant="default">
        Set up policies
      </Button>
      <Button component={Link} href={`/t/${tenant}`} rightSection={<IconArrowRight size={18} aria-hidden />}>
        Go to the overview
      </Button>
    </div>
  </div>
);
