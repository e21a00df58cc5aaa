import fc from 'fast-check';

// A random life that reaches too little would count as a change that was noticed, and to look for the
// smallest life that fails takes minutes for each change.
fc.configureGlobal({ seed: 20_261_130, endOnFailure: true });
