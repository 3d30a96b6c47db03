import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { LeaveDialog } from '../../parts/leave-dialog.tsx';
import { Section } from '../../parts/page.tsx';

/** Open to every member. */
export function Leave() {
  const [asking, { open, close }] = useDisclosure(false);
  return (
    <Section title="Leave" text="Give up your own access. The bot and the other members stay as they are.">
      <Button variant="default" onClick={open}>
        Leave this tenant
      </Button>
      <LeaveDialog opened={asking} close={close} />
    </Section>
  );
}
