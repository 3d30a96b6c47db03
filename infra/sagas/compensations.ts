/** How a compensation is called, from the name of its saga or from the id of its workflow. */
export const compensationOf = (name: string): string => `${name}-compensation`;
/** The id of the workflow that this one compensates. */
export const compensatedBy = (id: string): string => id.slice(0, -compensationOf('').length);
