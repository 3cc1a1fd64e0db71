package org.adjoint.nn.data;

/**
 * Data from outside is not what it claims to be: a file that is missing, short, of another kind, or
 * that contradicts itself. The message is one line that names the file, the place in it and the
 * values. It is never thrown for a programming mistake.
 */
public final class DataException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes the exception.
   *
   * @param source the file or resource, as its user knows it
   * @param problem what is wrong with it, where, and what was expected
   */
  public DataException(Object source, String problem) {
    super(line(source, problem));
  }

  /**
   * Makes the exception with the error that led to it.
   *
   * @param source the file or resource, as its user knows it
   * @param problem what is wrong with it, where, and what was expected
   * @param cause the error behind it
   */
  public DataException(Object source, String problem, Throwable cause) {
    super(line(source, problem), cause);
  }

  private static String line(Object source, String problem) {
    // names and values come from outside; a message stays one line and steers no terminal
    return (source + ": " + problem).replaceAll("\\p{Cntrl}+", " ");
  }
}
