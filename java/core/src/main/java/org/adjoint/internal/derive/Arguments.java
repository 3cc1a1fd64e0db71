package org.adjoint.internal.derive;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Region;

/** The arguments of functions that are differentiated: some of them, and a tangent for others. */
public final class Arguments {
  private Arguments() {}

  /**
   * Returns the numbers of the wanted arguments, all if none are given.
   *
   * @throws IllegalArgumentException if there is no such argument or one is given twice
   */
  public static List<Integer> chosen(String name, int count, int... wanted) {
    List<Integer> places = new ArrayList<>();
    for (int i = 0; i < (wanted.length == 0 ? count : wanted.length); i++) {
      int place = wanted.length == 0 ? i : wanted[i];
      if (place < 0 || place >= count || places.contains(place)) {
        throw new IllegalArgumentException(
            name
                + ": argument "
                + place
                + (places.contains(place) ? " is given twice" : " is none of the " + count));
      }
      places.add(place);
    }
    return places;
  }

  /**
   * Returns what {@code body} returns of the arguments at some places, and of a function that puts
   * others there, among all the rest.
   */
  public static <T> T onSome(
      List<Tensor> given,
      List<Integer> places,
      BiFunction<List<Tensor>, UnaryOperator<List<Tensor>>, T> body) {
    List<Tensor> some = places.stream().map(given::get).toList();
    return body.apply(
        some,
        fresh -> {
          List<Tensor> all = new ArrayList<>(given);
          for (int i = 0; i < fresh.size(); i++) {
            all.set(places.get(i), fresh.get(i));
          }
          return all;
        });
  }

  /** Returns the function that a graph over a stand-in is, built again for each argument. */
  public static UnaryOperator<Tensor> replayed(Tensor y, Tensor standIn) {
    Region region = Region.between(List.of(standIn), List.of(y));
    Function<Tensor, List<Tensor>> build =
        tangent -> region.build(List.of(tangent), region.captured());
    return tangent -> {
      if (!tangent.type().equals(standIn.type())) {
        throw new IllegalArgumentException(
            "linearize: the tangent should be " + standIn.type() + ", got " + tangent.type());
      }
      return build.apply(tangent).get(0);
    };
  }
}
