/** How fast trained networks answer many threads, beside peers, each in a process of its own. */
package org.adjoint.benchmarks.serving;
