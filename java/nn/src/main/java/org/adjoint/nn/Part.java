package org.adjoint.nn;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.adjoint.Parameter;
import org.adjoint.nn.internal.Paths;

/**
 * A node of the tree that a network is: it names the parts that it is made of, and holds parameters
 * and buffers of its own. Most parts are a {@link Layer}; those that take more than one tensor,
 * such as a decoder that reads an encoder's output, are parts alone.
 *
 * <p>A part overrides {@link #children} and {@link #own}; everything else walks the tree. The path
 * of a parameter is the names from the root to it, with dots between: {@code block1.conv.weight}. A
 * parameter that is found at two places is one parameter, at the first of them.
 */
public interface Part {

  /**
   * A part under the name that its parent calls it by.
   *
   * @param name without a dot; each name once among the children of a part
   * @param part the part itself
   */
  record Child(String name, Part part) {
    /**
     * Makes the pair.
     *
     * @throws IllegalArgumentException if the name is empty or has a dot in it
     */
    public Child {
      if (name.isEmpty() || name.indexOf('.') >= 0) {
        throw new IllegalArgumentException(
            "part: a child cannot be called '" + name + "'; a name is a word without dots");
      }
    }
  }

  /** Returns the parts that this one is made of, in a fixed order; none unless overridden. */
  default List<Child> children() {
    return List.of();
  }

  /**
   * Returns the parameters and buffers that belong to this part itself, in a fixed order; none
   * unless overridden. What stands behind the last dot of a parameter's name is its name here.
   */
  default List<Parameter> own() {
    return List.of();
  }

  /**
   * Returns all parameters and buffers of the tree by their paths: a part's own before its
   * children's.
   *
   * @throws IllegalArgumentException naming the path, if two parameters have the same
   */
  default Map<String, Parameter> named() {
    Map<String, Parameter> named = new LinkedHashMap<>();
    Set<Parameter> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    Paths.walk(
        this,
        (path, part) -> {
          for (Parameter parameter : part.own()) {
            if (!seen.add(parameter)) {
              continue;
            }
            String whole = Paths.join(path, Paths.last(parameter));
            if (named.putIfAbsent(whole, parameter) != null) {
              throw new IllegalArgumentException(
                  "part: two parameters are called '" + whole + "'; give their parts other names");
            }
          }
        });
    return named;
  }

  /** Returns the parameters of the tree, frozen ones too: what an optimizer takes. */
  default List<Parameter> parameters() {
    return select(parameter -> parameter.isTrainable() || parameter.isFrozen());
  }

  /** Returns the state of the tree that is never trained, such as running statistics. */
  default List<Parameter> buffers() {
    return select(parameter -> !parameter.isTrainable() && !parameter.isFrozen());
  }

  /**
   * Takes parameters out of training, see {@link Parameter#freeze}: those whose path is {@code
   * pattern} or begins with {@code pattern} and a dot. A star in the pattern stands for any
   * characters: {@code encoder} is everything in the encoder, {@code *.bias} each bias.
   *
   * @return how many parameters the pattern means
   * @throws IllegalArgumentException if the pattern means none
   */
  default int freeze(String pattern) {
    List<Parameter> meant = matching(pattern);
    meant.forEach(Parameter::freeze);
    return meant.size();
  }

  /**
   * Takes parameters into training again, by a pattern as {@link #freeze} reads it.
   *
   * @return how many parameters the pattern means
   * @throws IllegalArgumentException if the pattern means none
   */
  default int unfreeze(String pattern) {
    List<Parameter> meant = matching(pattern);
    meant.forEach(Parameter::unfreeze);
    return meant.size();
  }

  private List<Parameter> select(Predicate<Parameter> wanted) {
    List<Parameter> selected = new ArrayList<>();
    Set<Parameter> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    Paths.walk(
        this,
        (path, part) -> {
          for (Parameter parameter : part.own()) {
            if (wanted.test(parameter) && seen.add(parameter)) {
              selected.add(parameter);
            }
          }
        });
    return List.copyOf(selected);
  }

  private List<Parameter> matching(String pattern) {
    String regex = Pattern.quote(pattern).replace("*", "\\E.*\\Q") + "(\\..*)?";
    Pattern compiled = Pattern.compile(regex);
    List<Parameter> meant = new ArrayList<>();
    List<String> paths = new ArrayList<>();
    named()
        .forEach(
            (path, parameter) -> {
              if (parameter.isTrainable() || parameter.isFrozen()) {
                paths.add(path);
                if (compiled.matcher(path).matches()) {
                  meant.add(parameter);
                }
              }
            });
    if (meant.isEmpty()) {
      throw new IllegalArgumentException("'" + pattern + "' means none of the parameters " + paths);
    }
    return meant;
  }
}
