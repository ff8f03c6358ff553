import { type ReactNode, useState } from "react";
import { Button } from "./button";
import { Dialog } from "./dialog";

/** Asks before something that cannot be taken back; `trigger` is given what opens it. */
export function Confirm({
  title,
  about,
  verb,
  onConfirm,
  trigger,
}: {
  title: string;
  about: ReactNode;
  verb: string;
  onConfirm: () => void;
  trigger: (open: () => void) => ReactNode;
}) {
  const [open, setOpen] = useState(false);
  return (
    <>
      {trigger(() => setOpen(true))}
      <Dialog open={open} onOpenChange={setOpen} title={title} about={about}>
        <div className="mt-3 flex justify-end gap-2">
          <Button onClick={() => setOpen(false)}>Cancel</Button>
          <Button
            look="danger"
            onClick={() => {
              setOpen(false);
              onConfirm();
            }}
          >
            {verb}
          </Button>
        </div>
      </Dialog>
    </>
  );
}
