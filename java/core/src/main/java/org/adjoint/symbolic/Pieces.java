package org.adjoint.symbolic;

import java.util.ArrayList;
import java.util.List;

/** One level of a formula as it is written: symbols, punctuation, and parts that follow. */
final class Pieces {
  /** What stands in a formula. */
  sealed interface Piece permits Text, Part {}

  /** Text; a symbol is one that counts, unlike brackets and commas. */
  record Text(String text, boolean isSymbol) implements Piece {}

  /** A part, in brackets if it binds less than {@code least}. */
  record Part(Expression expression, int least) implements Piece {}

  private final List<Piece> pieces = new ArrayList<>();

  List<Piece> list() {
    return pieces;
  }

  /** Adds a number, a name or an operator. */
  Pieces symbol(String text) {
    pieces.add(new Text(text, true));
    return this;
  }

  /** Adds what holds symbols together. */
  Pieces mark(String text) {
    pieces.add(new Text(text, false));
    return this;
  }

  Pieces part(Expression expression, int least) {
    pieces.add(new Part(expression, least));
    return this;
  }

  /** Adds parts with a comma between any two. */
  Pieces parts(List<Expression> expressions) {
    for (int i = 0; i < expressions.size(); i++) {
      if (i > 0) {
        mark(", ");
      }
      part(expressions.get(i), Notation.ANYTHING);
    }
    return this;
  }
}
