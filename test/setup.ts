// Before each test file.
import fc from 'fast-check';

// Below `testTimeout`: an example that fails is told with what it was reduced to by then, not as a test that took too long.
fc.configureGlobal({ interruptAfterTimeLimit: 45_000 });
