import { config } from "zod";

// Comes before every schema: the page's policy forbids making code from text, and Zod would try it first.
config({ jitless: true });
