/** The outcome of a check that denies without throwing. */
export type Verdict<Value, Fault extends string = string> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly fault: Fault };

export const accept = <Value>(value: Value): Verdict<Value, never> => ({ ok: true, value });
/** `fault` is a stable reason in kebab case, such as 'expired' or 'wrong-audience'. */
export const reject = <const Fault extends string>(fault: Fault): Verdict<never, Fault> => ({ ok: false, fault });
