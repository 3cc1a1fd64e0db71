package org.adjoint.internal.backend;

/**
 * A backend's memory at one moment, in bytes.
 *
 * @param budget the most that may be outstanding, 0 for no limit
 * @param outstanding held by values and workspaces
 * @param pooled kept for reuse
 * @param peak the highest {@code outstanding} so far
 * @param buffers how many blocks are outstanding
 */
public record MemoryFigures(long budget, long outstanding, long pooled, long peak, long buffers) {}
