/// <reference lib="webworker" />
import { serve, type ReadPort } from './serving.ts';

serve(self as unknown as ReadPort);
