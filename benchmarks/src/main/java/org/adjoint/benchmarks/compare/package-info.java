/**
 * Timing Adjoint beside its peers: who takes part, each in a JVM of its own; what they compute;
 * whose turn it is; what comes of it. {@code org.adjoint.benchmarks.Compare} is the program.
 */
package org.adjoint.benchmarks.compare;
