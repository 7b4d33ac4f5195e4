//! The calls with which NumPy pickles an array.

use super::machine::{Machine, Value};
use super::object::{Object, RECONSTRUCT};
use crate::dataset::lists::npy;

impl Machine<'_> {
    /// What the call of `name` with `arguments` makes.
    pub(super) fn call(&mut self, name: &str, arguments: &[Value]) -> Result<Value, String> {
        let made = match (name, arguments) {
            (name, _) if RECONSTRUCT.contains(&name) => Object::Array(Vec::new()),
            ("numpy.dtype", [Value::Text(text), ..]) => {
                let name = String::from_utf8_lossy(&self.texts[*text]).into_owned();
                Object::Type { name, order: "|".to_owned() }
            }
            // Python 3 writes bytes in old protocols as a text in Latin-1 and this call.
            ("_codecs.encode", [Value::Text(text), Value::Text(_)]) => {
                let text = String::from_utf8_lossy(&self.texts[*text]).into_owned();
                let bytes = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect::<Option<Vec<u8>>>();
                self.spend(text.len())?;
                return Ok(self.push_text(bytes.ok_or("it encodes a text that is not Latin-1")?));
            }
            _ => return Err(format!("it calls {name}")),
        };
        self.objects.push(made);
        Ok(Value::Object(self.objects.len() - 1))
    }

    /// Sets the state of an object.
    pub(super) fn build(&mut self, object: usize, state: &[Value]) -> Result<(), String> {
        match (&self.objects[object], state) {
            (Object::Type { name, .. }, [_, Value::Text(order), ..]) => {
                let order = String::from_utf8_lossy(&self.texts[*order]).into_owned();
                self.objects[object] = Object::Type { name: name.clone(), order };
                Ok(())
            }
            (Object::Array(_), [_, _, Value::Object(dtype), fortran, Value::Text(data)]) => {
                let Object::Type { name, order } = &self.objects[*dtype] else {
                    return Err("an array has no element type".to_owned());
                };
                let order = if order == "<" { "<" } else { "|" };
                let Some((width, read)) = npy::element(&format!("{order}{name}")) else {
                    return Err(format!("an array has elements of type {order}{name}, expected numbers"));
                };
                if !matches!(fortran, Value::Int(0) | Value::None) {
                    return Err("an array is in Fortran order".to_owned());
                }
                let data = &self.texts[*data];
                if !data.len().is_multiple_of(width) {
                    return Err("an array is cut off".to_owned());
                }
                let values: Vec<f64> = data.chunks_exact(width).map(read).collect();
                self.spend(values.len())?;
                self.objects[object] = Object::Array(values);
                Ok(())
            }
            _ => Err("it sets the state of an object in an unknown way".to_owned()),
        }
    }
}
