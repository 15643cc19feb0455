"""Writes the arrays that tests/data_readers/npy.rs reads. Run in this folder with Python 3.11 and numpy 2.4.6: python make.py"""

import numpy as np

values = np.array([[0, 1, -2], [3, 100, 7]])
for dtype in ["<f2", ">f2", "<f4", ">f4", "<f8", ">f8", "i1", "<i2", ">i2", "<i4", ">i4", "<i8", ">i8"]:
    name = dtype.replace("<", "little_").replace(">", "big_")
    np.save(f"{name}.npy", values.astype(dtype))
for dtype in ["u1", "<u2", ">u2", "<u4", ">u4", "<u8", ">u8"]:
    name = dtype.replace("<", "little_").replace(">", "big_")
    np.save(f"{name}.npy", np.abs(values).astype(dtype))
np.save("bool.npy", values > 0)
np.save("fortran.npy", np.asfortranarray(values.astype(float)))
np.save("strided.npy", np.arange(12.0).reshape(4, 3)[::2])
np.save("vector.npy", np.array([0.5, -1.5, 2.0]))
np.save("column.npy", np.array([[0.5], [-1.5], [2.0]], dtype=np.float16))
np.save("images.npy", np.arange(24, dtype=np.uint8).reshape(2, 3, 4))
np.save("none.npy", np.zeros((0, 3)))
np.save("scalar.npy", np.float64(3.5))
np.savez("pairs.npz", x=values.astype(np.float32), y=np.array([1, 2], dtype=np.int64))
np.savez_compressed("compressed.npz", x=np.asfortranarray(values), images=np.arange(24.0).reshape(2, 3, 4))

# What must be refused.
np.save("complex.npy", values.astype(complex))
np.save("text.npy", np.array(["a", "b"]))
np.save("objects.npy", np.array([1.0, None], dtype=object))
np.save("dates.npy", np.array(["2020-01-01"], dtype="datetime64[D]"))
np.save("structures.npy", np.ones(2, dtype=[("a", "<f8"), ("b", "<f4")]))
np.save("nan.npy", np.array([[1.0, 2.0], [np.nan, 4.0]]))
np.save("infinite.npy", np.array([1.0, np.inf], dtype=np.float16))
np.save("large.npy", np.array([2**53 + 1]))

# Tables as NumPy writes them.
np.savetxt("../tables/savetxt.txt", values)
np.savetxt("../tables/savetxt_header.csv", values, delimiter=",", header="a,b,c")
np.savetxt("../tables/savetxt_blanks.txt", values, fmt="%g", header="one table\na b c")
