/** Small classics of the field, each in a class of its own. */
package org.adjoint.cli.example;
