/** The outcome of a check that denies without throwing. */
export type Verdict<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly fault: string };

export const accept = <Value>(value: Value): Verdict<Value> => ({ ok: true, value });
/** `fault` is a stable reason in kebab case, such as 'expired' or 'wrong-audience'. */
export const reject = (fault: string): Verdict<never> => ({ ok: false, fault });
