// Asks for a fresh proof on behalf of whatever needs one. There is one dialog, however many requests wait for it.

/** Shows the dialog; true once the proof is given, false where the user will not. */
export type Ask = (acr?: string) => Promise<boolean>;

let dialog: Ask = async () => false;
let open: Promise<boolean> | null = null;

/** Names the dialog of this page. */
export function answerBy(ask: Ask): void {
  dialog = ask;
}

/** Asks for a fresh proof, and joins a request that is open already. */
export function askForProof(acr?: string): Promise<boolean> {
  open ??= dialog(acr).finally(() => {
    open = null;
  });
  return open;
}
