import { ButtonStyle, ComponentType } from 'discord-api-types/v10';

/**
 * A message of components instead of content and embeds (Discord: Message Components, IS_COMPONENTS_V2). It stays one:
 * Discord lets nobody take the flag away again.
 */
export interface LayoutView {
  readonly layout: readonly LayoutPart[];
}

export type LayoutPart = Readonly<Record<string, unknown>> & { readonly type: ComponentType };

export const written = (content: string): LayoutPart => ({ type: ComponentType.TextDisplay, content });

/** Texts beside a picture; without one they stand by themselves, since a section needs something at its side. */
export const beside = (picture: string | null, texts: readonly string[]): readonly LayoutPart[] =>
  picture === null
    ? texts.map(written)
    : [
        {
          type: ComponentType.Section,
          components: texts.map(written),
          accessory: { type: ComponentType.Thumbnail, media: { url: picture } },
        },
      ];

export const separator: LayoutPart = { type: ComponentType.Separator, divider: true, spacing: 1 };

export const row = (components: readonly object[]): LayoutPart => ({ type: ComponentType.ActionRow, components });

/** What belongs together, with a coloured edge. */
export const card = (colour: number, components: readonly LayoutPart[]): LayoutPart => ({
  type: ComponentType.Container,
  accent_color: colour,
  components,
});

export const button = (
  customId: string,
  label: string,
  emoji: string | undefined,
  style: ButtonStyle,
  disabled = false,
) => ({
  type: ComponentType.Button,
  custom_id: customId,
  label,
  style,
  disabled,
  ...(emoji === undefined ? {} : { emoji: { name: emoji } }),
});
