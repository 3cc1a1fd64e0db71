/**
 * The peers: each class computes the workloads as a user of that library would write them. None of
 * their jars is in ours; each class is loaded in a child JVM that has them on its class path, or
 * not at all.
 */
package org.adjoint.benchmarks.peer;
