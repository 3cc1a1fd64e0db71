package org.adjoint.nativelib;

import org.adjoint.BackendException;
import org.adjoint.NativeMemoryException;
import org.adjoint.internal.backend.KernelException;

/** What {@code adj_status} values mean, and the only place where they become exceptions. */
final class Status {
  static final int OK = 0;
  static final int INVALID_ARGUMENT = 1;
  static final int INVALID_IMAGE = 2;
  static final int UNKNOWN_KERNEL = 3;
  static final int OUT_OF_MEMORY = 4;
  static final int OUT_OF_RANGE = 5;
  static final int UNAVAILABLE = 6;
  static final int INTERNAL = 7;
  static final int NOT_FINITE = 8;
  static final int DIVISION_BY_ZERO = 9;
  static final int DEVICE_ERROR = 10;

  private Status() {}

  /**
   * Throws unless the call that just returned on this thread succeeded.
   *
   * @param api the table that it belongs to
   * @param status what it returned
   * @param action what was tried, as in "native backend: {action}: {text}"; what a GPU has failed
   *     with says that itself
   */
  static void check(long api, int status, String action) {
    if (status != OK) {
      throw failure(api, status, action);
    }
  }

  /**
   * Throws unless a run succeeded; {@code instruction} is the one that failed, −1 if none had
   * started.
   */
  static void checkRun(long api, int status, long instruction) {
    if (status == OK) {
      return;
    }
    if (instruction >= 0 && status != OUT_OF_MEMORY) {
      KernelException.Reason reason =
          switch (status) {
            case OUT_OF_RANGE -> KernelException.Reason.OUT_OF_RANGE;
            case NOT_FINITE -> KernelException.Reason.NOT_FINITE;
            case DIVISION_BY_ZERO -> KernelException.Reason.DIVISION_BY_ZERO;
            default -> KernelException.Reason.OTHER;
          };
      throw new KernelException(
          Math.toIntExact(instruction),
          reason,
          Math.toIntExact(Abi.adj_last_operand(api)),
          Abi.adj_last_error(api));
    }
    throw failure(api, status, "run");
  }

  private static RuntimeException failure(long api, int status, String action) {
    String error = Abi.adj_last_error(api);
    String backend = Abi.adj_best_isa(api).equals(CudaProvider.NAME) ? "cuda" : "native";
    String text = backend + " backend: " + action + ": " + error;
    return switch (status) {
      case OUT_OF_MEMORY -> new NativeMemoryException(text);
      case INVALID_IMAGE, INTERNAL ->
          new BackendException(text + " (a bug in Adjoint, please report it)", null);
      case DEVICE_ERROR -> new BackendException(error, null);
      default -> new BackendException(text, null);
    };
  }
}
