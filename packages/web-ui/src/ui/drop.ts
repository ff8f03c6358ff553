// Files that are dragged over a part of the page and dropped there.
import { type DragEvent, useState } from "react";

/** Whether files hover over it, and what the element that takes them listens with. */
export function useDrop(take: (files: FileList) => void) {
  const [over, setOver] = useState(false);
  return {
    over,
    listen: {
      onDragOver: (e: DragEvent) => {
        if (!e.dataTransfer.types.includes("Files")) return;
        e.preventDefault();
        setOver(true);
      },
      onDragLeave: () => setOver(false),
      onDrop: (e: DragEvent) => {
        if (e.dataTransfer.files.length === 0) return;
        e.preventDefault();
        setOver(false);
        take(e.dataTransfer.files);
      },
    },
  };
}
